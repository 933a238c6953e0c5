"""All problems of a request, before anything is sent."""

from mi_core.validation.request import check_request

__all__ = ["check_request"]
