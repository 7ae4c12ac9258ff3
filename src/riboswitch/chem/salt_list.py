"""Acids, bases and solvents that a drug may come with. `standardize` removes them."""

from __future__ import annotations

SALTS = """
acetic CC(=O)O | aceturic CC(=O)NCC(=O)O | adipic O=C(O)CCCCC(=O)O | ascorbic O=C1OC(C(O)CO)C(O)=C1O
aspartic NC(CC(=O)O)C(=O)O | benzenesulfonic O=S(=O)(O)c1ccccc1 | benzoic O=C(O)c1ccccc1
bistriflimide O=S(=O)(NS(=O)(=O)C(F)(F)F)C(F)(F)F | butyric CCCC(=O)O
camphorsulfonic CC1(C)C2CCC1(CS(=O)(=O)O)C(=O)C2 | caproic CCCCCC(=O)O
chlorobenzenesulfonic O=S(=O)(O)c1ccc(Cl)cc1 | chlorotheophylline Cn1c(=O)c2[nH]c(Cl)nc2n(C)c1=O
citric O=C(O)CC(O)(CC(=O)O)C(=O)O | cyclamic O=S(=O)(O)NC1CCCCC1 | dodecylsulfuric CCCCCCCCCCCCOS(=O)(=O)O
ethanedisulfonic O=S(=O)(O)CCS(=O)(=O)O | ethanesulfonic CCS(=O)(=O)O | ethylsulfuric CCOS(=O)(=O)O
formic O=CO | fumaric O=C(O)C=CC(=O)O | gentisic O=C(O)c1cc(O)ccc1O
glucoheptonic O=C(O)C(O)C(O)C(O)C(O)C(O)CO | gluconic O=C(O)C(O)C(O)C(O)C(O)CO
glucuronic O=C(O)C1OC(O)C(O)C(O)C1O | glutamic NC(CCC(=O)O)C(=O)O | glycolic O=C(O)CO
hippuric O=C(O)CNC(=O)c1ccccc1 | hydroxynaphthoic O=C(O)c1cc2ccccc2cc1O | isethionic O=S(=O)(O)CCO
lactic CC(O)C(=O)O | lactobionic O=C(O)C(O)C(O)C(OC1OC(CO)C(O)C(O)C1O)C(O)CO | malic O=C(O)CC(O)C(=O)O
malonic O=C(O)CC(=O)O | mandelic O=C(O)C(O)c1ccccc1 | methanesulfonic CS(=O)(=O)O
methylsulfuric COS(=O)(=O)O | naphthalenedisulfonic O=S(=O)(O)c1cccc2c(S(=O)(=O)O)cccc12
naphthalenesulfonic O=S(=O)(O)c1ccc2ccccc2c1 | nicotinic O=C(O)c1cccnc1
orotic O=C(O)c1cc(=O)[nH]c(=O)[nH]1 | oxalic O=C(O)C(=O)O | palmitic CCCCCCCCCCCCCCCC(=O)O
pamoic O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O
picric O=[N+]([O-])c1cc([N+](=O)[O-])c(O)c([N+](=O)[O-])c1 | pivalic CC(C)(C)C(=O)O | propionic CCC(=O)O
pyroglutamic O=C1CCC(C(=O)O)N1 | saccharic O=C(O)C(O)C(O)C(O)C(O)C(=O)O | saccharin O=C1NS(=O)(=O)c2ccccc21
salicylic O=C(O)c1ccccc1O | stearic CCCCCCCCCCCCCCCCCC(=O)O | succinic O=C(O)CCC(=O)O
sulfosalicylic O=C(O)c1cc(S(=O)(=O)O)ccc1O | tartaric O=C(O)C(O)C(O)C(=O)O
terephthalic O=C(O)c1ccc(C(=O)O)cc1 | toluenesulfonic Cc1ccc(S(=O)(=O)O)cc1
trifenatic O=C(O)C(c1ccccc1)(c1ccccc1)c1ccccc1 | triflic O=S(=O)(O)C(F)(F)F | trifluoroacetic O=C(O)C(F)(F)F
xinafoic O=C(O)c1ccc2ccccc2c1O

aminomethylpropanol CC(C)(N)CO | arginine N=C(N)NCCCC(N)C(=O)O | benzathine c1ccc(CNCCNCc2ccccc2)cc1
benzylamine NCc1ccccc1 | choline C[N+](C)(C)CCO | cyclohexylamine NC1CCCCC1 | deanol CN(C)CCO
dicyclohexylamine C1CCC(NC2CCCCC2)CC1 | diethanolamine OCCNCCO | diethylamine CCNCC | dimethylamine CNC
epolamine OCCN1CCCC1 | erbumine CC(C)(C)N | ethanolamine NCCO | ethylenediamine NCCN
hydroxyethylmorpholine OCCN1CCOCC1 | lysine NCCCCC(N)C(=O)O | meglumine CNCC(O)C(O)C(O)C(O)CO
morpholine C1COCCN1 | piperazine C1CNCCN1 | piperidine C1CCNCC1 | procaine CCN(CC)CCOC(=O)c1ccc(N)cc1
pyridine c1ccncc1 | triethanolamine OCCN(CCO)CCO | triethylamine CCN(CC)CC | tromethamine NC(CO)(CO)CO

acetone CC(C)=O | acetonitrile CC#N | chloroform ClC(Cl)Cl | dichloromethane ClCCl | diethylether CCOCC
dimethylformamide CN(C)C=O | dimethylsulfoxide CS(C)=O | dioxane C1COCCO1 | ethanol CCO
ethylacetate CCOC(C)=O | isopropanol CC(C)O | methanol CO | propyleneglycol CC(O)CO
tetrahydrofuran C1CCOC1 | toluene Cc1ccccc1
"""
"""Name and SMILES of each: neutral, without stereo marks."""
