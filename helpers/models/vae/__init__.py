"""Autoencoders for images: plain, variational, β and conditional."""

from helpers.models.vae.terms import gaussian_kl, gaussian_nats
from helpers.models.vae.vae import VAE, fit_vae

__all__ = ["VAE", "fit_vae", "gaussian_kl", "gaussian_nats"]
