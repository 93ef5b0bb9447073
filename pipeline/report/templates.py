"""The page's templates, filled by jinja2: everything from data is escaped."""

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

# Characters that publish has removed from GeoPackages; JSON may contain them.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render(template: str, **context: Any) -> str:
    """Fill the template of this name; a missing value is an error."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_suffix("")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["anchor"] = anchor
    return environment.get_template(template).render(**context)


def anchor(name: str) -> str:
    """A text as an id of the page."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "part"


def hashes(contents: Sequence[str]) -> str:
    """What a Content-Security-Policy knows inline scripts or styles by."""
    digests = [hashlib.sha256(content.encode("utf-8")).digest() for content in contents]
    return " ".join(f"'sha256-{base64.b64encode(d).decode('ascii')}'" for d in digests)


def _seen(value: object) -> object:
    return UNSEEN.sub("\ufffd", value) if type(value) is str else value
