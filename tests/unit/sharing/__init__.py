"""What the Lambdas share, on an AWS account in this process."""
