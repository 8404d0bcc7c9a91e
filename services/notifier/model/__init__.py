"""The notifier's behaviour for one alert as a pure model: no store, no clock, nothing but values.

The store's functions do the same in one atomic step; tests drive both with the same commands and compare
everything. Read these files to know what an alert does, and the Lua files to know how it is kept.
"""
