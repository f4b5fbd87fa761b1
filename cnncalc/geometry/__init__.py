"""Arithmetic of shapes, windows and receptive fields along one axis at a time; knows no layer."""
