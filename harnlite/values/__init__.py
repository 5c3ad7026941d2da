"""Values: what guest code computes with, and the one definition of what its operators mean.

Pure: no input or output, no VM. ``types.py`` has the types, ``display.py`` their texts, ``equality.py`` equality,
order and hash keys, ``operators.py`` the operators, ``access.py`` fields, indices and slices, ``ownership.py``
when a value may be changed in place, ``json_form.py`` the JSON form, ``errors.py`` what can go wrong.
"""
