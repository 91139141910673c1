"""The study of the equations of Smith, Dherin, Barrett, De (2021): see README.md."""
