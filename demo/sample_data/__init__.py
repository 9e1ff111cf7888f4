"""A sales team that people believe, made through the services, dated relative to today."""

from demo.sample_data.filling import fill_basics, fill_everything

__all__ = ["fill_basics", "fill_everything"]
