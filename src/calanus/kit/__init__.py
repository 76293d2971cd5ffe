"""Words we add to Python, psycopg and FastAPI; knows nothing of plankton."""
