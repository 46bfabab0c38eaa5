"""Badges in templates: `{% load badges %}`, then `{% state_badge value text %}` and its friends."""

from __future__ import annotations

from django import template

from governance import badges

register = template.Library()
register.simple_tag(badges.badge, name="badge")
register.simple_tag(badges.state_badge, name="state_badge")
register.simple_tag(badges.tier_badge, name="tier_badge")
register.simple_tag(badges.severity_badge, name="severity_badge")
register.simple_tag(badges.severity_counts, name="severity_counts")
