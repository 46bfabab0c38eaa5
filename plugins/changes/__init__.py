"""What differs between a version and the last certified one. Pure: no Django, no I/O."""

from plugins.changes.compare import Change, Changes, FileChange, changes_between
from plugins.changes.picture import Dependency, Picture, picture_from, picture_of

__all__ = [
    "Change",
    "Changes",
    "Dependency",
    "FileChange",
    "Picture",
    "changes_between",
    "picture_from",
    "picture_of",
]
