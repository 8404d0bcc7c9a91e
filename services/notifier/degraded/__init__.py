"""Paging without the store: tier 1 straight from `detected-issues`, journalled, so nothing is told twice."""
