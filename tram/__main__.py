from tram.cli import main

main()
