"""The report as one HTML page that needs nothing else."""

from dmdrepro.report.page.page import report_page
from dmdrepro.report.page.pictures import Picture

__all__ = ["Picture", "report_page"]
