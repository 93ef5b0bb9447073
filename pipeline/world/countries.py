"""The two countries of a border in files: named by code, or by the id of a relation."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.country import CODE_KEYS, country_code
from pipeline.core.errors import InputError
from pipeline.sources.extracts.opened import refuse_full_disk, surveyed
from pipeline.sources.survey import FileSurvey


@dataclass(frozen=True)
class Found:
    """First readings of files, and the two countries that were looked for in them.

    `pair` are their codes in the order of the words; `territories` holds the relation of each code
    that was named by a relation and is no country by its tags.
    """

    files: list[FileSurvey]
    pair: tuple[str, str]
    territories: dict[str, int]


def find(
    words: tuple[str, str], paths: Sequence[Path], scratch: Path, known: Mapping[str, int]
) -> Found:
    """Look for two countries in extracts.

    Parameters
    ----------
    words
        The two: ISO 3166-1 codes in any case, or ids of their relations.
    paths
        The extracts.
    scratch
        A folder for what is read.
    known
        Relations of territories that are known already, by code.

    Raises
    ------
    InputError
        Where one is not in the files, both are the same, or the disk is too full to read them.
    """
    refuse_full_disk(scratch, paths)
    by_id = {int(one): f"relation {one}" for one in words if one.isdigit()}
    files = surveyed(paths, scratch, by_id | {relation: code for code, relation in known.items()})
    codes = {relation: _code_of(relation, files) for relation in by_id}
    files = [_recoded(file, codes) for file in files]
    pair = (_code(words[0], files, codes), _code(words[1], files, codes))
    if pair[0] == pair[1]:
        raise InputError(f"FROM and TO are both {pair[0]}, expected two countries")
    return Found(files, pair, _territories(files, codes))


def _code_of(relation: int, files: Sequence[FileSurvey]) -> str:
    """The code of a relation: a country's, or that of a territory by ISO 3166-2."""
    tags = next((f.countries[relation][1].tags for f in files if relation in f.countries), None)
    if tags is None:
        return ""
    keys = (*CODE_KEYS, "ISO3166-2")
    codes = (tags.get(key, "").strip().upper()[-2:] for key in keys)
    code = next((one for one in codes if re.fullmatch("[A-Z]{2}", one)), None)
    if code is None:
        raise InputError(f"relation {relation} has no ISO3166-1 or ISO3166-2 code, expected one")
    return code


def _recoded(file: FileSurvey, codes: Mapping[int, str]) -> FileSurvey:
    """The file with the relations that were given by id, now under their codes."""
    countries = {
        relation: (codes.get(relation, code), one)
        for relation, (code, one) in file.countries.items()
    }
    return dataclasses.replace(file, countries=countries)


def _territories(files: Sequence[FileSurvey], codes: Mapping[int, str]) -> dict[str, int]:
    """Of the relations that were given by id, those that their tags do not call countries."""
    tags = {relation: one.tags for file in files for relation, (_, one) in file.countries.items()}
    return {
        code: relation for relation, code in codes.items() if country_code(tags[relation]) is None
    }


def _code(word: str, files: Sequence[FileSurvey], codes: Mapping[int, str]) -> str:
    """The code of a country that is given by code or relation."""
    found = {code for file in files for code, _ in file.countries.values()}
    code = codes[int(word)] if word.isdigit() else word.upper()
    if code in found:
        return code
    names = ", ".join(path.blobs.path.name for path in files)
    there = ", ".join(sorted(found)) or "none"
    raise InputError(f"{names}: no relation of country {word}; countries found: {there}")
