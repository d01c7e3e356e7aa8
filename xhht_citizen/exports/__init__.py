"""Exports: what leaves the house as a file, one module for each thing that leaves.

No tables. Reads ratios and places through their queries; the screens and the command line call `export`.
Files hold aggregates only, no names; Vietnamese headers whatever language the screens are in.
"""
