"""What changes over many sessions: DuckDB over the stored tables."""

from review.trends.comparisons import funnel, over_time
from review.trends.database import connect, query
from review.trends.exporting import write_table
from review.trends.rates import trends, wilson
from review.trends.reviewing import effort, leniency, precision_over_time
from review.trends.rollup import write_rollup

__all__ = [
    "connect",
    "effort",
    "funnel",
    "leniency",
    "over_time",
    "precision_over_time",
    "query",
    "trends",
    "wilson",
    "write_rollup",
    "write_table",
]
