"""Providers at work: vacancies, hiring, wages."""
