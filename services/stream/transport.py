"""The Faust transport behind `fetch://`: Faust's own for Kafka, with our consumer and producer."""

from faust.transport.drivers import aiokafka as driver

from services.stream.consumer import BatchConsumer
from services.stream.producer import BatchProducer


class BatchTransport(driver.Transport):
    """See `consumer` and `producer`."""

    Consumer = BatchConsumer
    Producer = BatchProducer
