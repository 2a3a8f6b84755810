# The models are installed as they are; `lcnn run lenet5` finds them there.
modelsdir = $(pkgdatadir)/models
dist_models_DATA = \
	models/lenet5.yaml \
	models/lenet5-distorted.yaml \
	models/lenet5-k3.yaml \
	models/lenet5-k7.yaml \
	models/lenet5-k9.yaml \
	models/lenet5-relu.yaml \
	models/perceptron-300-100.yaml \
	models/resnet-mini.yaml \
	models/softmax-regression.yaml
EXTRA_DIST += models/README.md
