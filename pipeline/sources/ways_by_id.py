"""Ways of a file by their ids, in memory that does not grow with the ids.

Osmium's filter by id holds a bit for each id that there can be, in blocks of 4 MB of which only
those with a wanted id are made, and an address for every block up to the largest id. Ids of
OpenStreetMap lie in some 50 blocks; relations written by strangers may name ways in thousands.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import osmium
from osmium.osm import WAY

BLOCK_IDS = 1 << 25
MOST_BLOCKS = 64  # 256 MB
MOST_ID = 1 << 44  # far above all ids of OpenStreetMap; addresses of blocks below it take 4 MB


def ways_by_id(path: Path, ids: Collection[int]) -> Iterator[osmium.osm.Way]:
    """The ways of these ids, in the order of the file; those that the file lacks are left out.

    Parameters
    ----------
    path
        A file of OpenStreetMap data.
    ids
        OSM ids; if they are far apart, reading takes longer.

    Yields
    ------
    osmium.osm.Way
        Valid until the next one is asked for.

    Raises
    ------
    RuntimeError
        If the file cannot be read.
    """
    if not ids:
        return
    every = osmium.FileProcessor(str(path), WAY)
    if max(ids) < MOST_ID and len({one // BLOCK_IDS for one in ids}) <= MOST_BLOCKS:
        yield from every.with_filter(osmium.filter.IdFilter(sorted(ids)))
        return
    wanted = frozenset(ids)
    yield from (way for way in every if way.id in wanted)
