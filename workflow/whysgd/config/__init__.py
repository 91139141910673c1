"""What a user writes: configuration files, their checks, their schema, published tables.

What a setting does stands elsewhere; here is what it is called, what it may be, and which line
a mistake gets.
"""
