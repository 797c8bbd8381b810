"""Federated averaging of a Fewshop ranker with Flower."""
