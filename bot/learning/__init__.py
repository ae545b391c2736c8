"""Teaching the classifiers: from what the desk judged to labelled examples, from a trained model to the one in use.

`judgement` (what somebody said of a comment), `examples` (a batch of labelled comments), `masking` (no personal data
leaves), `shadow` (two models beside each other), `shelf` (which model is used, and how that changes).
"""
