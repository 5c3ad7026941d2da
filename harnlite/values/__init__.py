"""Values: what guest code computes with, and the one definition of what its operators mean.

Pure: no input or output, no VM. ``types.py`` has the types, ``display.py`` their texts, ``equality.py`` equality,
order and hash keys, ``operators.py`` the operators, ``access.py`` fields, indices, slices and updates,
``ownership.py`` when a value may be changed in place, ``parameter_checks.py`` typed parameters, ``json_form.py``
and ``json_text.py`` JSON, ``errors.py`` what can go wrong. Display, equality, order and the JSON form never recurse:
guest values may be nested far deeper than Python's own stack.
"""
