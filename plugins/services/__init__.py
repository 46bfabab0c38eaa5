"""What changes plugins, versions, runs and feeds: keyword-only functions, one transaction each."""

from plugins.services.artifacts import record_download
from plugins.services.runs import RunRefused, execute_run, request_run, requeue_lost
from plugins.services.standing import set_standing
from plugins.services.submissions import AlreadySubmitted, SubmissionRefused, submit, withdraw
from plugins.services.sweeps import release_batches, release_sweeps
from plugins.services.teams import add_member, create_team, remove_member, team_for

__all__ = [
    "AlreadySubmitted",
    "RunRefused",
    "SubmissionRefused",
    "add_member",
    "create_team",
    "execute_run",
    "record_download",
    "release_batches",
    "release_sweeps",
    "remove_member",
    "request_run",
    "requeue_lost",
    "set_standing",
    "submit",
    "team_for",
    "withdraw",
]
