"""Who asks: the name that every request to a server outside bears.

Public servers refuse programs that do not say who they are, and wish to reach whoever runs one that
is a burden (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html).
"""

import os

NAME = "border-pipeline/0.1.0"


def user_agent() -> str:
    """The name, with how to reach whoever runs it where CONTACT (an address or URL) says so."""
    contact = " ".join(os.environ.get("CONTACT", "").split())
    return f"{NAME} ({contact or 'measures land borders; no contact given'})"
