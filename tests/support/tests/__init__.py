"""Tests of the tests' own AWS: every rule bites, and bites no more once it is off."""
