"""The study of Smith, Dherin, Barrett, De (2021): see README.md."""
