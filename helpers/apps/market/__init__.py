"""Watch a stream of headlines: deliveries, exactly-once storing, windows, alerts."""
