"""Export: a network as text or file that other programs read, and the Torch7 text read back.

`form.py` is the contract, ``forms/`` holds one file for each form; `torch7_reader.py` makes a project of a listing.
"""
