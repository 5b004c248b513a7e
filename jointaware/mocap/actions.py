"""The fifteen actions of Human3.6M, which every source of motion may use and all published tables have as columns."""

ACTIONS = {
    "Directions": "Dir",
    "Discussion": "Dis",
    "Eating": "Eat",
    "Greeting": "Grt",
    "Phoning": "Phn",
    "Photo": "Pht",
    "Posing": "Pos",
    "Purchases": "Pur",
    "Sitting": "Sit",
    "SittingDown": "SitD",
    "Smoking": "Smk",
    "Waiting": "Wat",
    "WalkDog": "WD",
    "Walking": "Wlk",
    "WalkTogether": "WT",
}
"""Abbreviation in the paper by name, in the order of the published tables."""
