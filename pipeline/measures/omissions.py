"""Known omissions: crossings that an inventory counts but the data lack, and their effect."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.numbers import is_absent, number
from pipeline.measures import choices
from pipeline.measures.claims import OMISSIONS, Claim, Claims, Inventory
from pipeline.measures.completeness import ESTIMATED

Published = Mapping[tuple[str, str, str], Mapping[str, Any]]


def found(
    claims: Claims, claim: Claim, primary: Mapping[str, Any], published: Published
) -> list[dict[str, Any]]:
    """The crossings that the data lack by each inventory, and whether they reverse the headline.

    Parameters
    ----------
    claims : Claims
        The claims, with their inventories.
    claim : Claim
        A claim that counts ways and states how missing ones count; other claims give an empty
        result.
    primary : mapping
        The headline with the values of both borders.
    published : mapping
        Rows of comparison.csv by (border, mode, measure).

    Returns
    -------
    list of dict
        For each inventory with crossings that the data lack: border, label, source, counted,
        mapped, missing, `most` (the possible value of the headline with them), `bound` (the upper
        bound that limits it, if any), `tipping` (how many more make both borders equal; None if the
        border already has the greater value) and `turns` (whether the missing ones reach it).
    """
    if not claim.omissions:
        return []
    lacking = []
    for inventory in claims.inventories:
        missing = _missing(inventory, published)
        if inventory.border in claims.borders and missing is not None and missing > 0:
            mapped = inventory.crossings - missing
            most, bound = _most(claim, primary, inventory.border, missing, published)
            other = next(one for one in claims.borders if one != inventory.border)
            gap = float(primary[other]) - float(primary[inventory.border])
            tipping = int(gap) if gap > 0 else None
            lacking.append(
                {
                    "border": inventory.border,
                    "label": inventory.label,
                    "source": inventory.source,
                    "counted": inventory.crossings,
                    "mapped": mapped,
                    "missing": missing,
                    "most": most,
                    "bound": bound,
                    "tipping": tipping,
                    "turns": tipping is not None and most >= float(primary[other]),
                }
            )
    return lacking


def _missing(inventory: Inventory, published: Published) -> int | None:
    """How many the data lack; None if they are not counted."""
    counted = {"measure": "crossings", "status": inventory.status, "count": "crossings"}
    key = (inventory.border, inventory.mode, choices.key(counted))
    mapped = published.get(key, {}).get("value")
    if mapped is None or mapped == "" or mapped != mapped:  # noqa: PLR0124 (not a number)
        return None
    return max(0, inventory.crossings - int(float(mapped)))


def _most(
    claim: Claim,
    primary: Mapping[str, Any],
    border: str,
    missing: float,
    published: Published,
) -> tuple[float, float | None]:
    """The greatest possible value of the headline with them, and its bound."""
    now = float(primary[border])
    if claim.omissions == OMISSIONS[1]:
        names = ("mode", "depth", "direction", "third_countries", "ways", "count")
        line = {name: primary[name] for name in names} | {"measure": "second_line"}
        row = published.get((border, primary["mode"], choices.key(line)), {})
        second = row.get("value")
        if second is not None and second != "" and second == second:  # noqa: PLR0124
            return min(now + missing, max(now, float(second))), float(second)
    return now + missing, None


def by_estimate(
    claims: Claims,
    claim: Claim,
    primary: Mapping[str, Any],
    published: Published,
    names: Mapping[str, str],
) -> str:
    """A sentence if crossings missing by Chapman's estimate would reverse the headline.

    Chapman's estimate is used like an inventory, on the border with fewer crossings; the other
    border gets the lower bound of its own estimate.

    Parameters
    ----------
    claims : Claims
        The claims.
    claim : Claim
        A claim that counts ways and states how missing ones count; other claims give an empty
        result.
    primary : mapping
        The headline with the values of both borders.
    published : mapping
        Rows of comparison.csv by (border, mode, measure).
    names : mapping of str to str
        What a reader calls each border.

    Returns
    -------
    str
        Empty if there is no estimate, or if none would reverse the headline.
    """
    if not claim.omissions:
        return ""
    fewer, more = sorted(claims.borders, key=lambda border: float(primary[border]))
    known, of_other = (_estimated(border, primary["mode"], published) for border in (fewer, more))
    if known is None:
        return ""
    level = float(primary[more]) + (of_other["low"] if of_other else 0.0)
    turning = {
        end: _most(claim, primary, fewer, known[end], published)[0] >= level
        for end in ("value", "high")
    }
    if not turning["high"] or float(primary[more]) == float(primary[fewer]):
        return ""
    where = "" if turning["value"] else " at the upper end of its interval"
    return (
        f"Compared with another source, the data lack {number(round(known['value']))} road "
        f"crossings ({number(round(known['low']))} to {number(round(known['high']))}) of the "
        f"{names.get(fewer, fewer)} border by Chapman's estimate: that would reverse the "
        f"headline{where}."
    )


def _estimated(border: str, mode: str, published: Published) -> dict[str, float] | None:
    """The number of crossings that the data lack by Chapman's estimate, with its interval."""
    open_ones, estimate = (
        published.get((border, mode, choices.key({"measure": "crossings", "status": status})), {})
        for status in ("open", ESTIMATED)
    )
    cells = [open_ones.get("value"), *(estimate.get(end) for end in ("value", "low", "high"))]
    if any(is_absent(cell) for cell in cells):
        return None
    here, *ends = (float(str(cell)) for cell in cells)
    return dict(zip(("value", "low", "high"), (max(0.0, end - here) for end in ends), strict=True))


def sentence(
    omission: Mapping[str, Any], primary: Mapping[str, Any], names: Mapping[str, str]
) -> str:
    """The effect of the omission on the headline, in words.

    Parameters
    ----------
    omission : mapping
        One of `found`.
    primary : mapping
        The headline.
    names : mapping of str to str
        What a reader calls each border.

    Returns
    -------
    str
        A sentence or two.
    """
    border = names.get(omission["border"], omission["border"])
    counted, mapped = number(omission["counted"]), number(omission["mapped"])
    lacks = (
        f"An inventory ({omission['source']}) counts {counted} {omission['label']} on the {border} "
        f"border, of which the data hold {mapped}"
    )
    if omission["tipping"] is None:
        return f"{lacks}; more of them would not make the two values closer."
    needed = f"{number(omission['tipping'])} more would make the two values equal"
    if omission["turns"]:
        missing = number(omission["missing"])
        return f"{lacks}; {needed}, so the verdict depends on the {missing} that are missing."
    if omission["bound"] is not None:
        return (
            f"{lacks}; {needed}, but behind the line no more than "
            f"{number(omission['bound'])} edge-disjoint paths lead to {primary['depth']} "
            f"(second line)."
        )
    return f"{lacks}; {needed}."
