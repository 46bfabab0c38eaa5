"""The dashboard's panels about certification: posture, the queue's age, what expires next, what platforms owe."""

from certification.panels import expiring, posture, queue, recalls
from governance.panels import register


def register_panels() -> None:
    """Called once, when the app is ready."""
    register(posture.PANEL, queue.PANEL, expiring.PANEL, recalls.PANEL)
