"""What a call passes before it is sent: its pace, its endpoint's window and breaker, its key."""
