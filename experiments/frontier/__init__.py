"""What a public budget can buy: mixtures of levers, harm against cost."""
