"""What the apps above may listen to; the senders name nobody."""

from __future__ import annotations

from django.dispatch import Signal

run_concluded = Signal()
"""A vetting run ended with a verdict. Argument `run`. Sent in the transaction that stores the evidence."""

version_withdrawn = Signal()
"""An owner took a version back. Arguments `version`, `actor`. Sent in the transaction of the withdrawal."""

revalidation_wanted = Signal()
"""A detection rule in force hits a certified version. Arguments `version`, `actor`, `reason`. A receiver says True if
it started something. Sent in the transaction of the person's request."""

waiver_ended = Signal()
"""A waiver that held does not any more. Arguments `waiver`, `actor`. Sent in the transaction that ends it."""

file_decided = Signal()
"""A decision about a file began or ended to hold. Arguments `decision`, `versions` (ids of those that ship the file),
`actor`. Sent in the transaction that moves it."""

run_errored = Signal()
"""A vetting run broke as often as it may be tried. Argument `run`. Sent in the transaction that notes it."""
