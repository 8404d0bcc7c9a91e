"""Checks: not for this patient: age, allergy, condition, pregnancy, breastfeeding."""
