"""One module for each table of the theory study, with a function `table(given)`."""
