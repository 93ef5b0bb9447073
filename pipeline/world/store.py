"""Where raw files and results are kept: a folder, or an address for fsspec (s3://, gs://, …).

Stages work on local files. A folder is used directly. With an address, the input of a stage is
fetched first and its output is sent there, a note of its inputs last.
"""

from dataclasses import dataclass
from pathlib import Path

import fsspec  # type: ignore[import-untyped]

from pipeline.core import files, folders


@dataclass(frozen=True)
class Store:
    """A folder or an address; `scratch` is where local copies of an address's files are kept."""

    address: str
    scratch: Path

    @property
    def is_local(self) -> bool:
        """Whether it is a folder on this machine."""
        return "://" not in self.address or self.address.startswith("file://")

    def at(self, name: str) -> Path:
        """The local path for a name."""
        if self.is_local:
            return Path(self.address.removeprefix("file://")) / name
        return self.scratch / name

    def text(self, name: str) -> str | None:
        """The content of a small text file, None if there is none."""
        if self.is_local:
            path = self.at(name)
            return path.read_text(encoding="utf-8") if path.is_file() else None
        system, root = fsspec.core.url_to_fs(self.address)
        system.invalidate_cache()
        there = f"{root}/{name}"
        return str(system.cat_file(there).decode("utf-8")) if system.exists(there) else None

    def exists(self, name: str) -> bool:
        """Whether there is a file or folder of that name."""
        if self.is_local:
            return self.at(name).exists()
        system, root = fsspec.core.url_to_fs(self.address)
        system.invalidate_cache()
        return bool(system.exists(f"{root}/{name}"))

    def fetch(self, name: str) -> Path:
        """The local copy of a file or folder, fetched if it is elsewhere."""
        path = self.at(name)
        if self.is_local:
            return path
        system, root = fsspec.core.url_to_fs(self.address)
        system.invalidate_cache()
        if system.isdir(f"{root}/{name}"):
            with folders.whole_folder(path) as aside:
                system.get(f"{root}/{name}/", f"{aside}/", recursive=True)
        else:
            with files.whole(path) as aside:
                system.get_file(f"{root}/{name}", str(aside))
        return path

    def put(self, name: str, path: Path | None = None) -> None:
        """Send a file or folder (by default the local copy) to the address, if there is one.

        Files of a folder at the address that the local one no longer holds are removed.
        """
        if self.is_local:
            return
        system, root = fsspec.core.url_to_fs(self.address)
        path = path or self.at(name)
        if not path.is_dir():
            system.put_file(str(path), f"{root}/{name}")
            return
        sent = {f"{root}/{name}/{one.relative_to(path).as_posix()}": one
                for one in sorted(path.rglob("*")) if one.is_file()}  # fmt: skip
        for there, one in sent.items():
            system.put_file(str(one), there)
        system.invalidate_cache()
        for there in system.find(f"{root}/{name}"):
            if there not in sent:
                system.rm_file(there)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        if self.is_local:
            self.at(name).unlink(missing_ok=True)
        elif self.exists(name):
            system, root = fsspec.core.url_to_fs(self.address)
            system.rm_file(f"{root}/{name}")

    def put_text(self, name: str, text: str) -> None:
        """Write a small text file."""
        path = self.at(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.put(name)
