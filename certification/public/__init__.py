"""What everybody may see of certificates: which, and as a list, a badge, a feed. The pages are `public_views`."""
