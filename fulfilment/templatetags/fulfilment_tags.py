"""The story of a document outside the house, for its page."""

from __future__ import annotations

from django import template

from fulfilment.services.timeline import Entry, story_of
from sales.services.events import AnyDocument

register = template.Library()


@register.simple_tag(name="story_of")
def story_tag(document: AnyDocument) -> list[Entry]:
    """Tell what passed between a document and the other systems, oldest first."""
    return story_of(document)
