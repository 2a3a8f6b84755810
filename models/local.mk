# The models are installed as they are; `lcnn run lenet5` finds them there.
modelsdir = $(pkgdatadir)/models
dist_models_DATA = \
	models/all-conv.yaml \
	models/lenet1.yaml \
	models/lenet4.yaml \
	models/lenet5.yaml \
	models/lenet5-1998.yaml \
	models/lenet5-1998-distorted.yaml \
	models/lenet5-batchnorm.yaml \
	models/lenet5-best.yaml \
	models/lenet5-best-emnist.yaml \
	models/lenet5-best-fashion.yaml \
	models/lenet5-distorted.yaml \
	models/lenet5-k3.yaml \
	models/lenet5-k7.yaml \
	models/lenet5-k9.yaml \
	models/lenet5-nearest.yaml \
	models/lenet5-relu.yaml \
	models/perceptron-1000.yaml \
	models/perceptron-300.yaml \
	models/perceptron-300-100.yaml \
	models/perceptron-500-150.yaml \
	models/perceptron-60.yaml \
	models/resnet-mini.yaml \
	models/softmax-regression.yaml
EXTRA_DIST += models/README.md

# What was published of the models, as tables of our own.
publisheddir = $(modelsdir)/published
dist_published_DATA = \
	models/published/lenet5-1998-figure5.csv \
	models/published/lenet5-1998-figure6.csv \
	models/published/lenet5-1998-figure8.csv \
	models/published/mnist-1998-figure10.csv \
	models/published/mnist-1998-figure9.csv

# `lcnn study lenet5-25-years-on` finds these.
studiesdir = $(modelsdir)/studies
dist_studies_DATA = \
	models/studies/lenet5-1998.yaml \
	models/studies/lenet5-25-years-on.yaml
