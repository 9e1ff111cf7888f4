"""Sample data: half a year of a sales team, created through the services, relative to today."""

from demo.sample_data.loading import load_basics, load_everything, load_for_story

__all__ = ["load_basics", "load_everything", "load_for_story"]
