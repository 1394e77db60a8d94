"""What changes over many sessions: DuckDB over the stored tables."""

from review.trends.database import connect, query
from review.trends.rates import trends, wilson

__all__ = ["connect", "query", "trends", "wilson"]
