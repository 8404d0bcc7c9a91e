"""The Faust transport behind `batch://`: Faust's own for Kafka, with our consumer and producer."""

from faust.transport.drivers import aiokafka as driver

from services.safety.processor.consumer import BatchConsumer
from services.safety.processor.producer import BatchProducer


class BatchTransport(driver.Transport):
    """See `consumer` and `producer`."""

    Consumer = BatchConsumer
    Producer = BatchProducer
