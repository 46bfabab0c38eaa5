"""What we ask of the database beyond Django's own: tables that only grow."""
