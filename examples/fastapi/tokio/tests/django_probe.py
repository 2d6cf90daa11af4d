from asking import Asking
from parcels.django_service import app as shown

app = Asking(shown)
