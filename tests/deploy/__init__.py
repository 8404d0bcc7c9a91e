"""What docker-compose.yml and the image say, held to what the services are."""
