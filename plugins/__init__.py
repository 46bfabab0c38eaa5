"""Plugins, their versions and artifacts, and the vetting that gathers evidence about them."""
