"""What tests share: clocks, people, small servers."""
