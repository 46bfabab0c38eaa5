"""The dashboard's panels about certification: posture, the queue's age, and what expires next."""

from certification.panels import expiring, posture, queue
from governance.panels import register


def register_panels() -> None:
    """Called once, when the app is ready."""
    register(posture.PANEL, queue.PANEL, expiring.PANEL)
